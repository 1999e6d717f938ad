"""SM2, SM3 and SM4: keys, certificates, chains and wrapped secrets."""
