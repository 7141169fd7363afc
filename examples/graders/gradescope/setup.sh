#!/usr/bin/env bash
# Zip this file, run_autograder and your hw3.yaml (with hw3.key.yaml, if there is one) and upload that as the autograder.
set -e
apt-get install -y python3-venv
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install cnngrad
