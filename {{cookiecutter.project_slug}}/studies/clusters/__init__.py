"""Galaxy-cluster masses from X-ray and optical observables: the worked study."""
