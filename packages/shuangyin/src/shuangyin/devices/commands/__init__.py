"""What changes the state of smart seals, one use case each."""
