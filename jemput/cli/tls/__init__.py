"""A private CA, the certificate it gives our servers, and the files that hold them."""
