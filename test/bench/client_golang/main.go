// Serves the series of another exporter's page by Prometheus' official Go client, as gauges with the same names,
// labels and values: what `beside` measures the exporter beside.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: client_golang URL, of the page whose series are to be served")
	}
	registry, err := copyOf(os.Args[1])
	if err != nil {
		log.Fatalf("%s: %v", os.Args[1], err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s/metrics\n", listener.Addr())
	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	log.Fatal(http.Serve(listener, nil))
}

// A registry with the series of a page in the text format.
func copyOf(url string) (*prometheus.Registry, error) {
	response, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	for name, family := range families {
		// All series of one family of the exporter have the same labels.
		gauges := prometheus.NewGaugeVec(
			prometheus.GaugeOpts{Name: name, Help: family.GetHelp()}, names(family.Metric[0].Label))
		if err := registry.Register(gauges); err != nil {
			return nil, err
		}
		for _, metric := range family.Metric {
			labels := prometheus.Labels{}
			for _, label := range metric.Label {
				labels[label.GetName()] = label.GetValue()
			}
			gauge, err := gauges.GetMetricWith(labels)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			gauge.Set(valueOf(metric))
		}
	}
	return registry, nil
}

func names(labels []*dto.LabelPair) []string {
	var names []string
	for _, label := range labels {
		names = append(names, label.GetName())
	}
	return names
}

func valueOf(metric *dto.Metric) float64 {
	// Of those that the metric is not, the value is 0.
	return metric.GetGauge().GetValue() + metric.GetCounter().GetValue() + metric.GetUntyped().GetValue()
}
