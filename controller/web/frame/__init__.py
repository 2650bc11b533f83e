"""What every page needs: who asks, forms, errors, the frame around the page."""
