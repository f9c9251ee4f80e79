package identifier

func asia() map[string]Check {
	return map[string]Check{}
}
