# SPDX-License-Identifier: Apache-2.0
"""Fine-tunes a RegNet on an image folder or on the public set's Training_set.csv layout."""
