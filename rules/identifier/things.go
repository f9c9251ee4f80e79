package identifier

func things() map[string]Check {
	return map[string]Check{}
}
