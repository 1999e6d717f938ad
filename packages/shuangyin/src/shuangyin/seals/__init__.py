"""The register of seals of both media: their life, their keepers, and the material of electronic ones."""
