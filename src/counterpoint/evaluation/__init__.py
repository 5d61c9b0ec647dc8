"""Frozen embeddings to numbers, each with its interval."""

from counterpoint.evaluation.analogies import analogies
from counterpoint.evaluation.baselines import fit_pixels, fit_tfidf, fit_vectors
from counterpoint.evaluation.bitext import bitext, mined
from counterpoint.evaluation.bootstrap import Bootstrap, Measure, Statistic, mean_measure, mean_of, paired_difference
from counterpoint.evaluation.checks import Embeddings
from counterpoint.evaluation.class_geometry import NeuralCollapse, class_spread, neural_collapse
from counterpoint.evaluation.clustering import clustering
from counterpoint.evaluation.confusion import macro_f1
from counterpoint.evaluation.dense_features import dense_alignment, dense_uniformity, nearest_cells
from counterpoint.evaluation.detection import detection
from counterpoint.evaluation.evaluate import evaluate_labels, evaluate_numbers, evaluate_pairs, evaluate_scores
from counterpoint.evaluation.few_shot import few_shot_accuracy
from counterpoint.evaluation.flatness import hessian_trace, sampled_label_trace
from counterpoint.evaluation.forecasting import Frozen, forecasting, windows
from counterpoint.evaluation.graphs import graph_classification
from counterpoint.evaluation.hubs import hubness, neighbour_counts, orphans
from counterpoint.evaluation.in_batch import BatchView, batch_view, duplicates
from counterpoint.evaluation.information import info_nce_bound
from counterpoint.evaluation.knn import knn_accuracy, knn_accuracy_leave_one_out, knn_predict
from counterpoint.evaluation.landscape import loss_slice, non_convexity, random_direction, trajectory_directions
from counterpoint.evaluation.layers import LayerMeasures, choose_layer, curvature, layer_measures, view_information
from counterpoint.evaluation.learning_curve import labels_needed, learning_curve
from counterpoint.evaluation.links import link_mrr, link_prediction, unlinked_pairs
from counterpoint.evaluation.matrix_entropy import matrix_entropy, shared_entropy
from counterpoint.evaluation.modality_gap import gain_without_gap, modality_gap, relative_gap, without_gap
from counterpoint.evaluation.naive_bayes import NaiveBayes, fit_naive_bayes
from counterpoint.evaluation.nodes import (
    cluster_agreement,
    node_classification,
    node_classification_over_splits,
    node_clustering,
)
from counterpoint.evaluation.out_of_distribution import (
    class_familiarity,
    knn_familiarity,
    mahalanobis_familiarity,
    out_of_distribution,
)
from counterpoint.evaluation.output_head import OutputHead, fit_head, spectrum_entropy
from counterpoint.evaluation.preference import preference, preference_values
from counterpoint.evaluation.probe import fit_classifier, fit_regression, probe_accuracy, probe_regression
from counterpoint.evaluation.qrels import Qrels
from counterpoint.evaluation.recommendation import Group, cold_and_tail, dot_scores, popularity_scores, recommendation
from counterpoint.evaluation.reranking import reranking
from counterpoint.evaluation.retrieval import MAP, MRR, NDCG, Precision, Recall, retrieval, retrieval_values
from counterpoint.evaluation.separation import calibration_error, score_auc, score_overlap, tolerance
from counterpoint.evaluation.series import series_classification
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
from counterpoint.evaluation.sts import pearson_of, rank_correlation, similarity_scores, spearman_of
from counterpoint.evaluation.suite import mean_score, suite_scores
from counterpoint.evaluation.topics import topic_coherence, topic_diversity
from counterpoint.evaluation.topology import approximate_concentration, topological_concentration
from counterpoint.evaluation.two_models import explained, linear_cka, neighbour_overlap, reconstruction_losses
from counterpoint.evaluation.zero_shot import prompt_ensemble, zero_shot

__all__ = [
    "MAP",
    "MRR",
    "NDCG",
    "BatchView",
    "Bootstrap",
    "Difference",
    "Embeddings",
    "Estimate",
    "Frozen",
    "Group",
    "LayerMeasures",
    "Measure",
    "NaiveBayes",
    "NeuralCollapse",
    "OutputHead",
    "Precision",
    "Qrels",
    "Recall",
    "SimilarityHistogram",
    "Statistic",
    "alignment",
    "analogies",
    "approximate_concentration",
    "batch_view",
    "bitext",
    "calibration_error",
    "choose_layer",
    "class_familiarity",
    "class_spread",
    "cluster_agreement",
    "clustering",
    "coding_rate",
    "cold_and_tail",
    "compare_systems",
    "curvature",
    "dense_alignment",
    "dense_uniformity",
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
    "fit_head",
    "fit_naive_bayes",
    "fit_pixels",
    "fit_regression",
    "fit_tfidf",
    "fit_vectors",
    "forecasting",
    "gain_without_gap",
    "graph_classification",
    "hessian_trace",
    "holm",
    "hubness",
    "info_nce_bound",
    "iso_score",
    "isotropy",
    "knn_accuracy",
    "knn_accuracy_leave_one_out",
    "knn_familiarity",
    "knn_predict",
    "label_histogram",
    "labels_needed",
    "layer_measures",
    "learning_curve",
    "lidar",
    "linear_cka",
    "link_mrr",
    "link_prediction",
    "loss_slice",
    "macro_f1",
    "mahalanobis_familiarity",
    "matrix_entropy",
    "mean_measure",
    "mean_of",
    "mean_score",
    "mined",
    "modality_gap",
    "nearest_cells",
    "neighbour_counts",
    "neighbour_overlap",
    "neural_collapse",
    "node_classification",
    "node_classification_over_splits",
    "node_clustering",
    "non_convexity",
    "orphans",
    "out_of_distribution",
    "pair_histogram",
    "paired_difference",
    "participation_ratio",
    "pearson_of",
    "popularity_scores",
    "preference",
    "preference_values",
    "probe_accuracy",
    "probe_regression",
    "prompt_ensemble",
    "random_direction",
    "rank_correlation",
    "recommendation",
    "reconstruction_losses",
    "relative_gap",
    "reranking",
    "retrieval",
    "retrieval_values",
    "sampled_label_trace",
    "score_auc",
    "score_overlap",
    "series_classification",
    "shared_entropy",
    "similarity_scores",
    "singular_spectrum",
    "space_measures",
    "spearman_of",
    "spectrum_entropy",
    "spread",
    "suite_scores",
    "tolerance",
    "topic_coherence",
    "topic_diversity",
    "topological_concentration",
    "trajectory_directions",
    "uniformity",
    "unlinked_pairs",
    "view_information",
    "windows",
    "without_gap",
    "zero_shot",
]
