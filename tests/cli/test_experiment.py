from __future__ import annotations

from pathlib import Path


def test_a_faulty_experiment_is_one_line_and_nothing_is_started(command, project: Path, tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_text(f"name: t\nbase: {project / 'configs/demo.yaml'}\noutput: out\nvariants: {{a: {{model.tres: 3}}}}\n", encoding="utf-8")
    done = command("experiment", "run", str(path))
    assert done.returncode == 1
    assert done.stderr.strip() == f"E-EXP-003 {path}: variants.a.model.tres: unknown key (E-CFG-010). Fix: did you mean `trees`?"
    assert not (tmp_path / "out").exists()


def test_a_dry_run_shows_the_plan_and_the_price_of_the_store(command, light_config, tmp_path: Path) -> None:
    light_config(tmp_path)
    path = tmp_path / "e.yaml"
    path.write_text("name: t\nbase: config.yaml\noutput: out\nvariants: {a: {}, b: {model.trees: 5}}\n", encoding="utf-8")
    done = command("experiment", "run", str(path), "--dry-run")
    assert done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["t:", "2", "runs,", "2", "variants"]
    rows = {line[0]: [int(word) for word in line[1:]] for line in lines if line and line[0] in "ab"}
    assert rows["a"][1:3] == [0, 0]
    assert rows["b"][2] > 5
    assert sum(rows["b"][1:]) == rows["b"][0]
    assert "decoded once for all maps: at most" in done.stdout
    assert not (tmp_path / "out").exists()
