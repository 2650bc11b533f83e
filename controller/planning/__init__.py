"""What makes broadcasts: an approval, or a schedule that recurs."""
