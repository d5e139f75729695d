"""Pages of people: invitation, account, people of a party, an OpenID provider."""
