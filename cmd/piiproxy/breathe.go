package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// breatheEvery is how long nothing must have happened before memory goes back.
	breatheEvery = 15 * time.Second
	// breatheQuiet is what a quiet piiproxy may have allocated in that time, and
	// breatheWorth how much memory is worth a collection.
	breatheQuiet = 8 << 20
	breatheWorth = 32 << 20
)

// breathe gives memory back to the system when nothing is going on. The collector
// lets the heap grow to three times of what lives (roomy), and stacks of connections
// count as if they lived: ten thousand of them that only stand there would keep what
// their last requests left behind until the next rush.
func breathe(ctx context.Context) {
	ticks := time.NewTicker(breatheEvery)
	defer ticks.Stop()
	allocated := heapNow().allocated
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		now := heapNow()
		if now.allocated-allocated < breatheQuiet && now.worth() >= breatheWorth {
			runtime.GC() // each collection halves stacks that are too large, once
			debug.FreeOSMemory()
		}
		allocated = now.allocated
	}
}

// heap is some of what the runtime says of its memory, in bytes.
type heap struct{ allocated, objects, live, free uint64 }

// worth is what a collection would give back.
func (h heap) worth() uint64 { return h.objects - min(h.objects, h.live) + h.free }

func heapNow() heap {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(samples)
	return heap{samples[0].Value.Uint64(), samples[1].Value.Uint64(), samples[2].Value.Uint64(), samples[3].Value.Uint64()}
}
