"""Frozen embeddings to numbers, each with its interval."""

from counterpoint.evaluation.baselines import fit_pixels, fit_tfidf, fit_vectors
from counterpoint.evaluation.bootstrap import Bootstrap, Measure, mean_measure, mean_of, paired_difference
from counterpoint.evaluation.checks import Embeddings
from counterpoint.evaluation.clustering import clustering
from counterpoint.evaluation.evaluate import evaluate_labels, evaluate_numbers, evaluate_pairs, evaluate_scores
from counterpoint.evaluation.few_shot import few_shot_accuracy
from counterpoint.evaluation.information import info_nce_bound
from counterpoint.evaluation.knn import knn_accuracy, knn_accuracy_leave_one_out, knn_predict
from counterpoint.evaluation.probe import fit_classifier, fit_regression, probe_accuracy, probe_regression
from counterpoint.evaluation.qrels import Qrels
from counterpoint.evaluation.retrieval import MAP, MRR, NDCG, Precision, Recall, retrieval, retrieval_values
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
from counterpoint.evaluation.sts import similarity_scores

__all__ = [
    "MAP",
    "MRR",
    "NDCG",
    "Bootstrap",
    "Embeddings",
    "Measure",
    "Precision",
    "Qrels",
    "Recall",
    "SimilarityHistogram",
    "alignment",
    "clustering",
    "effective_rank",
    "evaluate_labels",
    "evaluate_numbers",
    "evaluate_pairs",
    "evaluate_scores",
    "few_shot_accuracy",
    "fit_classifier",
    "fit_pixels",
    "fit_regression",
    "fit_tfidf",
    "fit_vectors",
    "info_nce_bound",
    "knn_accuracy",
    "knn_accuracy_leave_one_out",
    "knn_predict",
    "label_histogram",
    "mean_measure",
    "mean_of",
    "pair_histogram",
    "paired_difference",
    "probe_accuracy",
    "probe_regression",
    "retrieval",
    "retrieval_values",
    "similarity_scores",
    "space_measures",
    "spread",
    "uniformity",
]
