#!/usr/bin/env bash
# Zip this file, run_autograder and your hw3.yaml (with hw3.key.yaml, if there is one) and upload that as the autograder.
set -e
apt-get update
apt-get install -y python3-venv
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install cnngrad  # or the wheel that is zipped beside this: /autograder/source/cnngrad-0.1.0-py3-none-any.whl
