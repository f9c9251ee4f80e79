package channel

// PersonOf is the person that a platform id written by hand or standing in a
// path names: digits (a WhatsApp number in any spelling), or a business-scoped
// user id such as US.13491208655302741918. Anything else is nobody.
func (c *Channel) PersonOf(id string) Person {
	switch {
	case c.name == WhatsApp:
		return newPerson("", phoneAlias(id))
	case isDigits(id) && len(id) <= maxID:
		return newPerson("", c.user+id)
	}
	return Person{}
}
