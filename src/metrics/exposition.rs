//! Pure: writes samples in Prometheus' text exposition format, version 0.0.4, by the `prometheus` crate.

use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{Result, TextEncoder};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A row of metric_samples(): one measured value with its labels.
#[derive(Debug, Clone, Deserialize)]
pub struct Sample {
    metric: String,
    metric_type: Kind,
    labels: BTreeMap<String, String>,
    value: f64,
    help: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Counter,
    Gauge,
}

/// Writes the samples. Those of one metric must follow each other, as they do in the text.
pub fn text(samples: Vec<Sample>) -> Result<String> {
    let mut families: Vec<MetricFamily> = Vec::new();
    for sample in samples {
        if families.last().is_none_or(|family| family.name() != sample.metric) {
            families.push(family_of(&sample));
        }
        if let Some(family) = families.last_mut() {
            family.mut_metric().push(metric_of(sample));
        }
    }
    TextEncoder::new().encode_to_string(&families)
}

fn family_of(sample: &Sample) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(sample.metric.clone());
    family.set_help(sample.help.clone());
    family.set_field_type(match sample.metric_type {
        Kind::Counter => MetricType::COUNTER,
        Kind::Gauge => MetricType::GAUGE,
    });
    family
}

fn metric_of(sample: Sample) -> Metric {
    let mut metric = Metric::from_label(sample.labels.into_iter().map(label_of).collect());
    match sample.metric_type {
        Kind::Counter => {
            let mut counter = Counter::default();
            counter.set_value(sample.value);
            metric.set_counter(counter);
        }
        Kind::Gauge => {
            let mut gauge = Gauge::default();
            gauge.set_value(sample.value);
            metric.set_gauge(gauge);
        }
    }
    metric
}

fn label_of((name, value): (String, String)) -> LabelPair {
    let mut label = LabelPair::default();
    label.set_name(name);
    label.set_value(value);
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(metric: &str, labels: &[(&str, &str)], value: f64) -> Sample {
        let labels = labels.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Sample { metric: metric.into(), metric_type: Kind::Gauge, labels, value, help: "Help.\nMore \\.".into() }
    }

    #[test]
    fn a_family_has_one_head_and_a_line_per_sample() {
        let counted = Sample { metric_type: Kind::Counter, ..sample("b_total", &[], 12_345_678_901.0) };
        let samples = vec![sample("a", &[("x", "1")], 0.5), sample("a", &[("x", "2"), ("y", "3")], -2.0), counted];
        let expected = "# HELP a Help.\\nMore \\\\.\n# TYPE a gauge\na{x=\"1\"} 0.5\na{x=\"2\",y=\"3\"} -2\n\
                        # HELP b_total Help.\\nMore \\\\.\n# TYPE b_total counter\nb_total 12345678901\n";
        assert_eq!(text(samples).ok().as_deref(), Some(expected));
    }

    #[test]
    fn labels_are_escaped() {
        let hostile = sample("a", &[("x", "\"} 1\n# TYPE b counter\\")], 1.0);
        let text = text(vec![hostile]).unwrap_or_default();
        assert!(text.ends_with("a{x=\"\\\"} 1\\n# TYPE b counter\\\\\"} 1\n"), "{text}");
    }

    #[test]
    fn nothing_is_no_text() {
        assert_eq!(text(Vec::new()).ok().as_deref(), Some(""));
    }
}
