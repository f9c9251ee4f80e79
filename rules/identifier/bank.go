package identifier

func bank() map[string]Check {
	return map[string]Check{}
}
