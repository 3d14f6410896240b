# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# For Ray on a machine that does other work, too; read with `.` by what starts Ray here.
# Its workers have a niceness of 15, with which they hardly run there.
export RAY_worker_niceness=0
# Serve's proxy, which is killed where it takes longer; the defaults are 5 and 10.
export RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S=120 RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S=120
export RAY_USAGE_STATS_ENABLED=0
