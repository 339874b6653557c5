"""What portal and console share: frame and parts of a page, its headers, its cookies, its look. No decisions."""
