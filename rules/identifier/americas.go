package identifier

func americas() map[string]Check {
	return map[string]Check{}
}
