package config

// Ways lists how the account with this name is found on the bot listener, in
// the order of the lookup: by host, by path prefix, by its id in the path, by
// its access token, or because it is the only one. A way that leads to two
// accounts is none: it is never a guess.
func (c *Config) Ways(account string) []string {
	for i := range c.Accounts {
		if c.Accounts[i].Name == account {
			return c.ways(&c.Accounts[i])
		}
	}
	return nil
}

func (c *Config) ways(account *Account) []string {
	var ways []string
	if account.Host != "" {
		ways = append(ways, "host "+account.Host)
	}
	ways = append(ways, "path /"+account.Name+"/")
	if account.ID != "" {
		ways = append(ways, "id "+account.ID+" in the path")
	}
	if account.BusinessID != "" && c.alone(account, func(a *Account) string { return a.BusinessID }) {
		ways = append(ways, "business id "+account.BusinessID+" in the path")
	}
	if account.AccessToken.IsSet() && c.alone(account, func(a *Account) string { return a.AccessToken.Reveal() }) {
		ways = append(ways, "access token")
	}
	if len(c.Accounts) == 1 {
		ways = append(ways, "the only account")
	}
	return ways
}

// alone reports whether no other account has the same property.
func (c *Config) alone(account *Account, property func(*Account) string) bool {
	for i := range c.Accounts {
		if other := &c.Accounts[i]; other != account && property(other) == property(account) {
			return false
		}
	}
	return true
}
