"""Frozen embeddings to numbers, each with its interval."""

from counterpoint.evaluation.baselines import fit_pixels, fit_tfidf, fit_vectors
from counterpoint.evaluation.bootstrap import Bootstrap, Measure, Statistic, mean_measure, mean_of, paired_difference
from counterpoint.evaluation.checks import Embeddings
from counterpoint.evaluation.class_geometry import NeuralCollapse, class_spread, neural_collapse
from counterpoint.evaluation.clustering import clustering
from counterpoint.evaluation.evaluate import evaluate_labels, evaluate_numbers, evaluate_pairs, evaluate_scores
from counterpoint.evaluation.few_shot import few_shot_accuracy
from counterpoint.evaluation.hubs import hubness, neighbour_counts, orphans
from counterpoint.evaluation.in_batch import BatchView, batch_view, duplicates
from counterpoint.evaluation.information import info_nce_bound
from counterpoint.evaluation.knn import knn_accuracy, knn_accuracy_leave_one_out, knn_predict
from counterpoint.evaluation.modality_gap import gain_without_gap, modality_gap, relative_gap, without_gap
from counterpoint.evaluation.probe import fit_classifier, fit_regression, probe_accuracy, probe_regression
from counterpoint.evaluation.qrels import Qrels
from counterpoint.evaluation.retrieval import MAP, MRR, NDCG, Precision, Recall, retrieval, retrieval_values
from counterpoint.evaluation.separation import calibration_error, score_auc, score_overlap, tolerance
from counterpoint.evaluation.significance import Difference, Estimate, compare_systems, holm
from counterpoint.evaluation.space import (
    SimilarityHistogram,
    alignment,
    effective_rank,
    label_histogram,
    pair_histogram,
    space_measures,
    spread,
    uniformity,
)
from counterpoint.evaluation.spectrum import (
    coding_rate,
    iso_score,
    isotropy,
    lidar,
    participation_ratio,
    singular_spectrum,
)
from counterpoint.evaluation.sts import pearson_of, similarity_scores, spearman_of
from counterpoint.evaluation.two_models import explained, linear_cka, neighbour_overlap

__all__ = [
    "MAP",
    "MRR",
    "NDCG",
    "BatchView",
    "Bootstrap",
    "Difference",
    "Embeddings",
    "Estimate",
    "Measure",
    "NeuralCollapse",
    "Precision",
    "Qrels",
    "Recall",
    "SimilarityHistogram",
    "Statistic",
    "alignment",
    "batch_view",
    "calibration_error",
    "class_spread",
    "clustering",
    "coding_rate",
    "compare_systems",
    "duplicates",
    "effective_rank",
    "evaluate_labels",
    "evaluate_numbers",
    "evaluate_pairs",
    "evaluate_scores",
    "explained",
    "few_shot_accuracy",
    "fit_classifier",
    "fit_pixels",
    "fit_regression",
    "fit_tfidf",
    "fit_vectors",
    "gain_without_gap",
    "holm",
    "hubness",
    "info_nce_bound",
    "iso_score",
    "isotropy",
    "knn_accuracy",
    "knn_accuracy_leave_one_out",
    "knn_predict",
    "label_histogram",
    "lidar",
    "linear_cka",
    "mean_measure",
    "mean_of",
    "modality_gap",
    "neighbour_counts",
    "neighbour_overlap",
    "neural_collapse",
    "orphans",
    "pair_histogram",
    "paired_difference",
    "participation_ratio",
    "pearson_of",
    "probe_accuracy",
    "probe_regression",
    "relative_gap",
    "retrieval",
    "retrieval_values",
    "score_auc",
    "score_overlap",
    "similarity_scores",
    "singular_spectrum",
    "space_measures",
    "spearman_of",
    "spread",
    "tolerance",
    "uniformity",
    "without_gap",
]
