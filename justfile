# The commands continuous integration runs; .ci/run holds them. `just` alone runs everything.

ci *steps:
    .ci/run {{steps}}

# install into .venv and run the fast tests, as the README says
test:
    .ci/run tests

lint:
    .ci/run lint

types:
    .ci/run types

docs:
    .ci/run docs

# the site on http://127.0.0.1:8000, rebuilt as you write
serve:
    .venv/bin/mkdocs serve

format:
    .venv/bin/ruff check --fix .
    .venv/bin/ruff format .

# real weights, newest and compared libraries, plugins
slow:
    .ci/run slow newest peers crosschecks engines spark plugins

# redraw the pictures of the docs with a model of your choice
pictures model="facebook/deit-tiny-patch16-224":
    .venv/bin/python examples/docs_images.py --model {{model}}
