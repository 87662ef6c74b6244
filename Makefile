# make               install, then run the default study with its report; for another study, in the folder to which its
#                    paths are relative: make STUDY=mine/my_study.yaml FOLDER=mine
# make install       install only
# make test          install, then run the tests
# make page          open the web page (docs/page.md); with a network of your own: make page READER=model.keras
# make reproduce     run the study twice and compare all results byte by byte; STUDY and FOLDER as above
# make bench         time segmentation in the way of the published study and with Murmur (benchmarks/README.md); with
#                    STUDY and FOLDER as above, for a study that has been run
# make gpu           reinstall with CUDA, for training on an NVIDIA GPU (Linux on x86-64)
# make slurm         add support for submitting jobs to a SLURM cluster
# make format        format the code
# make audit-dependencies  look for known vulnerabilities of the pinned packages (needs internet access)
# make requirements  update the pinned requirements after a change of envs/requirements.in

PYTHON ?= python3
BIN := .venv/bin
STUDY ?= config/demo.yaml
FOLDER ?= .
REQUIREMENTS := envs/requirements$(if $(wildcard .venv/gpu),-gpu).txt

.PHONY: study install test page reproduce bench gpu slurm format requirements audit-dependencies clean

study: .venv/ready
	@name=$$($(BIN)/python -c 'import sys, yaml; print(yaml.safe_load(open(sys.argv[1]))["study"])' "$(STUDY)") && \
	run() { $(BIN)/snakemake --cores all --directory "$(FOLDER)" --configfile "$(STUDY)" "$$@"; } && \
	run && run --report "$(abspath $(FOLDER))/results/$$name/report.html" && \
	echo "Open $(FOLDER)/results/$$name/report.html"

install: .venv/ready

page: .venv/page
	@PYTHONPATH=. $(BIN)/python -m page $(if $(READER),--reader "$(READER)") $(PAGE)

test: .venv/ready .venv/crate/ready .venv/slurm .venv/page
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# Links in the folders of both runs lead to the files of the study, whose paths are relative to FOLDER.
reproduce: .venv/ready
	rm -rf "$(FOLDER)/.reproduce"
	for run in first second; do \
	    folder="$(FOLDER)/.reproduce/$$run"; mkdir -p "$$folder" && \
	    ln -s "$$(cd "$(FOLDER)" && pwd)"/* "$$folder" && rm -f "$$folder/results" && \
	    $(BIN)/snakemake --cores all --directory "$$folder" --configfile "$(STUDY)" || exit 1; \
	done
	PYTHONPATH=scripts $(BIN)/python -m murmur.audit compare-runs \
	    "$(FOLDER)/.reproduce/first/results" "$(FOLDER)/.reproduce/second/results"

bench: .venv/ready
	cd "$(FOLDER)" && "$(CURDIR)/$(BIN)/python" "$(CURDIR)/benchmarks/time_segmentation.py" \
	    $(if $(filter command line,$(origin STUDY)),--study "$(abspath $(STUDY))")

gpu:
	rm -rf .venv && mkdir .venv && touch .venv/gpu
	$(MAKE) .venv/ready

slurm: .venv/slurm

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile rules

requirements: .venv/ready
	$(BIN)/python -m pip install --quiet uv==0.13.8
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	    --output-file envs/requirements.txt envs/requirements.in
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	    --no-emit-package tensorflow-cpu --output-file envs/requirements-gpu.txt envs/requirements-gpu.in
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	    --output-file envs/requirements-slurm.txt envs/requirements-slurm.in
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	    --output-file envs/requirements-crate.txt envs/requirements-crate.in
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	    --output-file envs/requirements-page.txt envs/requirements-page.in
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	    --output-file envs/requirements-audit.txt envs/requirements-audit.in

audit-dependencies: .venv/audit/ready
	.venv/audit/bin/python tools/audit_dependencies.py

clean:
	rm -rf .venv results .snakemake

.venv/crate/ready: .venv/ready envs/requirements-crate.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --upgrade \
	    --target .venv/crate -r envs/requirements-crate.txt
	@touch $@

.venv/audit/ready: .venv/ready envs/requirements-audit.txt
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	    -r envs/requirements-audit.txt
	@touch $@

.venv/slurm: .venv/ready envs/requirements-slurm.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r envs/requirements-slurm.txt
	@touch $@

.venv/page: .venv/ready envs/requirements-page.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r envs/requirements-page.txt
	@touch $@

.venv/ready: $(REQUIREMENTS)
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v <= (3, 13) or sys.exit( \
	    f"Found Python {v[0]}.{v[1]}, expected 3.11, 3.12 or 3.13; call: make PYTHON=python3.12")'
	@echo "Setting up in .venv; this takes a minute or two."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(REQUIREMENTS)
	@echo "$(CURDIR)/scripts" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/murmur.pth"
	@touch $@
