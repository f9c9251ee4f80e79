package identifier

func europe() map[string]Check {
	return map[string]Check{}
}
