"""Rows of metrics.csv, and which of them is best."""

from vitxplain.train.records.metrics_file import Row, as_csv, is_best, rows


def test_rows_of_the_history():
    history = [
        {"epoch": 0.5, "step": 5, "loss": 2.0, "accuracy": 0.25, "learning_rate": 1e-3, "seconds": 1.0},
        {"epoch": 0.5, "step": 5, "eval_loss": 1.5, "eval_accuracy": 0.5, "seconds": 2.0},
        {"epoch": 1.0, "step": 10, "train_runtime": 3.0, "train_loss": 1.8},
    ]
    assert as_csv(rows(history)).decode().splitlines() == [
        "epoch,step,split,loss,accuracy,learning_rate,seconds",
        "0.5,5,train,2.0,0.25,0.001,1.0",
        "0.5,5,validation,1.5,0.5,,2.0",
    ]


def evaluation(step: int, accuracy: float, loss: float) -> Row:
    return Row(1.0, step, "validation", loss, {"accuracy": accuracy}, None, 0.0)


def test_of_equal_accuracies_the_lower_loss_is_best():
    first, second = evaluation(1, 0.5, 1.0), evaluation(2, 0.5, 0.9)
    assert is_best([first], "accuracy")
    assert is_best([first, second], "accuracy")
    assert not is_best([second, first], "accuracy")
    assert not is_best([first, first], "accuracy")
    assert not is_best([first, evaluation(2, 0.4, 0.1)], "accuracy")
    assert is_best([first, evaluation(2, 0.4, 0.1)], "loss")
    assert is_best([evaluation(1, 0.5, float("nan")), first], "loss")
    assert not is_best([first, evaluation(2, 0.5, float("nan"))], "accuracy")
