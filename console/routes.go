package console

import (
	"context"
	"net/http"
)

// Routes says what went to vendors. No person and no value is in it.
type Routes interface {
	Routes(ctx context.Context) (RouteReport, error)
}

// RouteReport is the answer to GET /v1/routes.
type RouteReport struct {
	Routes []RouteLines `json:"routes"`
}

// RouteLines are those of one route.
type RouteLines struct {
	Route    string      `json:"route"`
	Purpose  string      `json:"purpose"`
	PerDay   int         `json:"per_day"` // how many values of one kind it may restore in a day
	Restored []RouteLine `json:"restored"`
}

// RouteLine counts values of one kind in one place of requests: today (UTC), and in
// the last 400 days.
type RouteLine struct {
	Place string `json:"place"` // as the configuration names it: json:/customer/email
	Kind  string `json:"kind"`
	Today int    `json:"today"`
	Count int    `json:"count"`
	Since string `json:"since"` // the first day that is counted
}

func mountRoutes(mux *http.ServeMux, desk Routes) {
	mux.HandleFunc("GET /v1/routes", func(w http.ResponseWriter, r *http.Request) {
		report, err := desk.Routes(r.Context())
		answer(w, report, err)
	})
}
