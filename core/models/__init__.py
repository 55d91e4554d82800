"""Models: fit, calibrate, predict, explain.

- training.learn gives a Learned; model.Model, load_model, save_model
- predict.score_texts, probabilities; predictor.Predictor: calibrated, with the predicted labels
- label_columns.LabelColumns, confidences: what the columns mean today, and what is predicted
- pool_predictions.predictions_of: a run's predictions of the whole pool, from the cache
- explain.explain: how far each word pushed a prediction
- neighbors.nearest: the unlabeled items most like some items or sentences
"""
