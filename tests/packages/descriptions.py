"""descriptions.py ROOT: prints the versions that META.json (twice) and Trunk.toml of ROOT name, or what trunk 0.17.1 would not take of Trunk.toml:
its fields, which of them must be there, and the categories of its registry."""
import json
import pathlib
import sys
import tomllib

ROOT = pathlib.Path(sys.argv[1])
FIELDS = {
    "extension": ({"name", "version", "license", "categories"}, {
        "file", "extension_name", "extension_dependencies", "repository", "description", "homepage", "documentation", "registry",
        "preload_libraries", "configurations", "loadable_libraries"}),
    "build": ({"platform"}, {"postgres_version", "include", "dockerfile", "install_command"}),
    "dependencies": (set(), {"apt", "dnf"}),
}
CATEGORIES = {"analytics", "auditing_logging", "change_data_capture", "connectors", "data_transformations", "debugging",
              "index_table_optimizations", "machine_learning", "metrics", "orchestration", "procedural_languages", "query_optimizations",
              "search", "security", "tooling_admin"}


def main():
    meta = json.loads((ROOT / "META.json").read_text())
    trunk = tomllib.loads((ROOT / "Trunk.toml").read_text())
    wrong = [f"[{table}] is not known" for table in trunk.keys() - FIELDS.keys()]
    for table, (needed, allowed) in FIELDS.items():
        there = trunk.get(table, {}).keys()
        wrong += [f"[{table}] {field} is missing" for field in sorted(needed - there)]
        wrong += [f"[{table}] {field} is not known" for field in sorted(there - needed - allowed)]
    wrong += [f"category {name} is not known" for name in trunk["extension"].get("categories", []) if name not in CATEGORIES]
    files = [module["file"] for module in meta["provides"].values()]
    wrong += [f"{file} is not there" for file in files if not (ROOT / file).exists()]
    print("\n".join(wrong) or f"{meta['version']} {meta['provides']['telemetry']['version']} {trunk['extension']['version']}")


main()
