"""Session: a protocol run by real parties, each in its own process, over a transport that none of them trusts."""
