"""Index holds rows made ready once, saved, and asked again and again; every pair is compared, so none is missed."""
