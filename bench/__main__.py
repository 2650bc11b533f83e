"""`make bench`: each file here that has `measure() -> list[str]`, its lines printed below its first sentence."""

import importlib
import pkgutil

import bench

for found in pkgutil.iter_modules(bench.__path__, "bench."):
    if found.name == "bench.__main__":
        continue
    module = importlib.import_module(found.name)
    if hasattr(module, "measure"):
        print((module.__doc__ or found.name).splitlines()[0], flush=True)
        for line in module.measure():
            print(f"    {line}", flush=True)
