# SPDX-License-Identifier: Apache-2.0
"""Paths, by paperkite.Classifier."""

from rows import arguments, show

import paperkite

_, model, pictures = arguments()
classifier = paperkite.Classifier(model)
for picture, result in zip(pictures, classifier(pictures)):
    show(picture, result.top)
