// A consumer by hand, of the standard library: net/http with a breaker around a retry. Its numbers
// come from the environment, by the names of tests/inference/numbers.py.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func number(name string, otherwise float64) float64 {
	if text, found := os.LookupEnv(name); found {
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			panic(err)
		}
		return value
	}
	return otherwise
}

func flag(name string, otherwise bool) bool {
	text, found := os.LookupEnv(name)
	if !found {
		return otherwise
	}
	return text != ""
}

func seconds(name string, otherwise float64) time.Duration {
	return time.Duration(number(name, otherwise) * float64(time.Second))
}

var (
	attempts      = int(number("ATTEMPTS", 1))
	backoffS      = number("BACKOFF_S", 0)
	growth        = number("GROWTH", 2)
	capS          = number("CAP_S", math.Inf(1))
	jitter        = os.Getenv("JITTER")
	timeout       = seconds("ATTEMPT_TIMEOUT_S", 0)
	headAlone     = flag("EACH_READ", false)
	deadline      = seconds("DEADLINE_S", 0)
	statuses      = retriedStatuses()
	badAnswers    = flag("BAD_ANSWERS", true)
	garbagePassed = flag("GARBAGE_PASSED", false)
	failures      = number("FAILURES", math.Inf(1))
	open          = seconds("OPEN_S", 1)
	successes     = int(number("SUCCESSES", 1))
	probes        = number("PROBES", math.Inf(1))
	countsMissing = flag("COUNTS_MISSING", false)
	retryAfterS   = number("RETRY_AFTER_CAP_S", 0)
	neverOpens    = flag("NEVER_OPENS", false)
)

func retriedStatuses() map[int]bool {
	text, found := os.LookupEnv("STATUSES")
	if !found {
		text = "429,500,502,503,504"
	}
	statuses := map[int]bool{}
	for _, one := range strings.Split(text, ",") {
		status, _ := strconv.Atoi(one)
		statuses[status] = true
	}
	return statuses
}

var (
	errRefused = errors.New("refused")
	errOpen    = errors.New("the circuit is open")
)

// A status that is repeated, and the pause that the provider asked for.
type failed struct {
	status int
	askedS float64
}

func (f *failed) Error() string { return fmt.Sprintf("status %d", f.status) }

type thing struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

var client = newClient()

func newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	if headAlone {
		transport.ResponseHeaderTimeout = timeout
	}
	return &http.Client{Transport: transport}
}

// One attempt: nil without an error is a 404.
func attempt(ctx context.Context, name, trace string) (*thing, error) {
	if timeout > 0 && !headAlone {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	target := os.Getenv("THINGS_URL") + "/things/" + url.PathEscape(name)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-Trace-Id", trace)
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	switch {
	case statuses[answer.StatusCode]:
		asked, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		return nil, &failed{answer.StatusCode, float64(asked)}
	case answer.StatusCode == http.StatusNotFound:
		return nil, nil
	case answer.StatusCode >= 400:
		return nil, errRefused
	}
	var found thing
	if json.Unmarshal(body, &found) == nil && found.ID != "" {
		return &found, nil
	}
	if garbagePassed {
		return &thing{ID: name}, nil
	}
	if badAnswers {
		return nil, errors.New("no thing")
	}
	return nil, errRefused
}

func wait(place int, last float64) float64 {
	if jitter == "decorrelated" {
		return math.Min(backoffS+rand.Float64()*(3*last-backoffS), capS)
	}
	longest := math.Min(backoffS*math.Pow(growth, float64(place-1)), capS)
	least, found := map[string]float64{"full": 0, "equal": 0.5}[jitter]
	if !found {
		least = 1
	}
	return longest * (least + rand.Float64()*(1-least))
}

func retried(ctx context.Context, name, trace string) (*thing, error) {
	if deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, deadline)
		defer cancel()
	}
	last := backoffS
	for place := 1; ; place++ {
		found, err := attempt(ctx, name, trace)
		if err == nil || errors.Is(err, errRefused) || place == attempts {
			return found, err
		}
		last = wait(place, last)
		pauseS := last
		var why *failed
		if retryAfterS > 0 && errors.As(err, &why) {
			if why.askedS > retryAfterS {
				return nil, err
			}
			pauseS = math.Max(last, why.askedS)
		}
		select {
		case <-time.After(time.Duration(pauseS * float64(time.Second))):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

type breaker struct {
	sync.Mutex
	state                              string
	period, failed, succeeded, probing int
	since                              time.Time
}

var circuit = &breaker{state: "closed"}

func (b *breaker) turn(state string) {
	b.state, b.since = state, time.Now()
	b.period++
	b.failed, b.succeeded, b.probing = 0, 0, 0
}

func (b *breaker) enter() (int, error) {
	b.Lock()
	defer b.Unlock()
	if b.state == "open" && time.Since(b.since) >= open {
		b.turn("half-open")
	}
	if b.state == "open" || b.state == "half-open" && float64(b.probing) >= probes {
		return 0, errOpen
	}
	if b.state == "half-open" {
		b.probing++
	}
	return b.period, nil
}

func (b *breaker) record(period int, good bool) {
	b.Lock()
	defer b.Unlock()
	if period != b.period || neverOpens {
		return
	}
	if good {
		b.failed = 0
	} else {
		b.failed++
	}
	if b.state == "half-open" {
		b.probing--
		if !good {
			b.turn("open")
		} else if b.succeeded++; b.succeeded >= successes {
			b.turn("closed")
		}
	} else if float64(b.failed) >= failures {
		b.turn("open")
	}
}

func guarded(ctx context.Context, name, trace string) (*thing, error) {
	period, err := circuit.enter()
	if err != nil {
		return nil, err
	}
	found, err := retried(ctx, name, trace)
	good := errors.Is(err, errRefused) || err == nil && (found != nil || !countsMissing)
	circuit.record(period, good)
	return found, err
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func serve(w http.ResponseWriter, r *http.Request) {
	kind, name, _ := strings.Cut(strings.Trim(r.URL.Path, "/"), "/")
	if kind == "health" {
		reply(w, http.StatusOK, map[string]any{})
		return
	}
	found, err := guarded(context.WithoutCancel(r.Context()), name, r.Header.Get("X-Trace-Id"))
	switch {
	case errors.Is(err, errRefused):
		reply(w, http.StatusBadRequest, map[string]any{"why": err.Error()})
	case err != nil:
		reply(w, http.StatusServiceUnavailable, map[string]any{"why": err.Error()})
	case found == nil:
		reply(w, http.StatusNotFound, map[string]any{})
	default:
		reply(w, http.StatusOK, map[string]any{"thing": found})
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		panic(err)
	}
	fmt.Printf("{\"event\": \"listening\", \"data\": {\"url\": \"http://%s\"}}\n", listener.Addr())
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, os.Interrupt)
	go func() {
		<-ended
		os.Exit(0)
	}()
	panic(http.Serve(listener, http.HandlerFunc(serve)))
}
