"""Approvals (审批): routes, steps and decisions over an opaque subject."""
