# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# For Ray on a machine that does other work, too; read with `.` by what starts Ray here.
# Its workers have a niceness of 15, with which they hardly run there.
export RAY_worker_niceness=0
# What a node that starts may take, in seconds. A start that takes longer ends with an error, and leaves processes behind.
export RAY_raylet_start_wait_time_s=300 RAY_gcs_server_request_timeout_seconds=300
# Serve's proxy, which is killed where it takes longer; the defaults are 5 and 10.
export RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S=120 RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S=120
export RAY_USAGE_STATS_ENABLED=0
