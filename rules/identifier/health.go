package identifier

func health() map[string]Check {
	return map[string]Check{}
}
