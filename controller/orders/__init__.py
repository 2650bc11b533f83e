"""An order: drawn up, the manifest that two people agree to, who has to agree, and who has."""
