"""Frozen embeddings to numbers, each with its interval."""

from counterpoint.evaluation.analogies import analogies
from counterpoint.evaluation.baselines import fit_pixels, fit_tfidf, fit_vectors
from counterpoint.evaluation.bitext import bitext, mined
from counterpoint.evaluation.bootstrap import Bootstrap, Measure, mean_measure, mean_of, paired_difference
from counterpoint.evaluation.checks import Embeddings
from counterpoint.evaluation.class_geometry import NeuralCollapse, class_spread, neural_collapse
from counterpoint.evaluation.clustering import clustering
from counterpoint.evaluation.confusion import macro_f1
from counterpoint.evaluation.detection import detection
from counterpoint.evaluation.evaluate import evaluate_labels, evaluate_numbers, evaluate_pairs, evaluate_scores
from counterpoint.evaluation.few_shot import few_shot_accuracy
from counterpoint.evaluation.forecasting import Frozen, forecasting, windows
from counterpoint.evaluation.hubs import hubness, neighbour_counts, orphans
from counterpoint.evaluation.in_batch import BatchView, batch_view, duplicates
from counterpoint.evaluation.information import info_nce_bound
from counterpoint.evaluation.knn import knn_accuracy, knn_accuracy_leave_one_out, knn_predict
from counterpoint.evaluation.links import link_mrr, link_prediction, unlinked_pairs
from counterpoint.evaluation.modality_gap import gain_without_gap, modality_gap, relative_gap, without_gap
from counterpoint.evaluation.nodes import node_classification, node_classification_over_splits, node_clustering
from counterpoint.evaluation.out_of_distribution import (
    class_familiarity,
    knn_familiarity,
    mahalanobis_familiarity,
    out_of_distribution,
)
from counterpoint.evaluation.preference import preference, preference_values
from counterpoint.evaluation.probe import fit_classifier, fit_regression, probe_accuracy, probe_regression
from counterpoint.evaluation.qrels import Qrels
from counterpoint.evaluation.recommendation import Group, cold_and_tail, dot_scores, popularity_scores, recommendation
from counterpoint.evaluation.reranking import reranking
from counterpoint.evaluation.retrieval import MAP, MRR, NDCG, Precision, Recall, retrieval, retrieval_values
from counterpoint.evaluation.separation import calibration_error, score_auc, score_overlap, tolerance
from counterpoint.evaluation.series import series_classification
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
from counterpoint.evaluation.sts import similarity_scores
from counterpoint.evaluation.suite import mean_score, suite_scores
from counterpoint.evaluation.two_models import explained, linear_cka, neighbour_overlap
from counterpoint.evaluation.zero_shot import prompt_ensemble, zero_shot

__all__ = [
    "MAP",
    "MRR",
    "NDCG",
    "BatchView",
    "Bootstrap",
    "Embeddings",
    "Frozen",
    "Group",
    "Measure",
    "NeuralCollapse",
    "Precision",
    "Qrels",
    "Recall",
    "SimilarityHistogram",
    "alignment",
    "analogies",
    "batch_view",
    "bitext",
    "calibration_error",
    "class_familiarity",
    "class_spread",
    "clustering",
    "coding_rate",
    "cold_and_tail",
    "detection",
    "dot_scores",
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
    "forecasting",
    "gain_without_gap",
    "hubness",
    "info_nce_bound",
    "iso_score",
    "isotropy",
    "knn_accuracy",
    "knn_accuracy_leave_one_out",
    "knn_familiarity",
    "knn_predict",
    "label_histogram",
    "lidar",
    "linear_cka",
    "link_mrr",
    "link_prediction",
    "macro_f1",
    "mahalanobis_familiarity",
    "mean_measure",
    "mean_of",
    "mean_score",
    "mined",
    "modality_gap",
    "neighbour_counts",
    "neighbour_overlap",
    "neural_collapse",
    "node_classification",
    "node_classification_over_splits",
    "node_clustering",
    "orphans",
    "out_of_distribution",
    "pair_histogram",
    "paired_difference",
    "participation_ratio",
    "popularity_scores",
    "preference",
    "preference_values",
    "probe_accuracy",
    "probe_regression",
    "prompt_ensemble",
    "recommendation",
    "relative_gap",
    "reranking",
    "retrieval",
    "retrieval_values",
    "score_auc",
    "score_overlap",
    "series_classification",
    "similarity_scores",
    "singular_spectrum",
    "space_measures",
    "spread",
    "suite_scores",
    "tolerance",
    "uniformity",
    "unlinked_pairs",
    "windows",
    "without_gap",
    "zero_shot",
]
