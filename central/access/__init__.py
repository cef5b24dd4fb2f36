"""Who may do what at central: accounts, sessions, roles, and the audit log of it all."""
