#!/bin/sh
# Make the code of the messages in connectors/chainmaker.proto. An argument names another folder for the result.
set -eu
cd "$(dirname "$0")/.."
folder=packages/shuangyin/src/shuangyin/connectors
result=${1:-$folder}
.venv/bin/python -m grpc_tools.protoc --proto_path="$folder" --python_out="$result" --pyi_out="$result" chainmaker.proto
