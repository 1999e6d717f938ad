"""The organization: its departments, its posts and what they may do, and the outside parties it deals with."""
