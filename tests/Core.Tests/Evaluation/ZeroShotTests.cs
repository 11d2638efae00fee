using Research.Evaluation;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Evaluation;

public class ZeroShotTests
{
    [Fact]
    public void A_class_is_the_normalised_mean_of_its_normalised_prompts()
    {
        using var scope = NewDisposeScope();
        string[] asked = [];
        var classifier = ZeroShot.Classifier(
            ["cat", "dog"],
            ["a {}", "the {} of {}"],
            prompts =>
            {
                asked = [.. prompts];
                return torch.tensor(new float[] { 2, 0, 0, 5, 0, 3, 0, 1 }, new long[] { 4, 2 });
            }
        );
        Assert.Equal(["a cat", "the cat of cat", "a dog", "the dog of dog"], asked);
        var half = Math.Sqrt(0.5);
        Assert.Equal([2L, 2], classifier.shape);
        var values = classifier.data<float>().ToArray();
        Assert.Equal(half, values[0], 1e-6);
        Assert.Equal(half, values[1], 1e-6);
        Assert.Equal(0, values[2], 1e-6);
        Assert.Equal(1, values[3], 1e-6);
    }

    [Fact]
    public void Accuracy_by_hand_counts_images_and_classes()
    {
        using var scope = NewDisposeScope();
        var classifier = torch.eye(3);
        var image = torch.tensor(
            new[]
            {
                0.9f,
                0.1f,
                0.2f, // class 0, right
                0.8f,
                0.1f,
                0.2f, // class 0, right
                0.1f,
                0.8f,
                0.2f, // class 0, taken for 1
                0.1f,
                0.8f,
                0.9f, // class 1, taken for 2
            },
            new long[] { 4, 3 }
        );
        var result = ZeroShot.Evaluate(image, classifier, [0, 0, 0, 1]);
        Assert.Equal(0.5, result.Top1, 12);
        Assert.Equal((2 / 3.0 + 0) / 2, result.MeanPerClass, 12); // class 2 has no image and does not count
        Assert.Equal(1, result.Top5);
        Assert.Equal((4, 3), (result.Images, result.Classes));
    }

    [Fact]
    public void Top5_equals_a_sort_over_many_classes()
    {
        using var scope = NewDisposeScope();
        var (v, c) = (
            Objectives.Batches.Units(1500, 6, 1, ScalarType.Float32),
            Objectives.Batches.Units(30, 6, 2, ScalarType.Float32)
        );
        var labels = Enumerable.Range(0, 1500).Select(i => i * 7 % 30).ToArray();
        var scores = v.mm(c.t()).data<float>().ToArray();
        var inside = Enumerable
            .Range(0, 1500)
            .Count(i => Enumerable.Range(0, 30).OrderByDescending(k => scores[i * 30 + k]).Take(5).Contains(labels[i]));
        Assert.Equal(inside / 1500.0, ZeroShot.Evaluate(v, c, labels).Top5, 12);
    }

    [Fact]
    public void A_classifier_that_cannot_tell_classes_apart_is_always_wrong()
    {
        using var scope = NewDisposeScope();
        var result = ZeroShot.Evaluate(torch.eye(8), torch.ones(8, 8), [0, 1, 2, 3, 4, 5, 6, 7]);
        Assert.Equal((0, 0), (result.Top1, result.Top5));
    }

    [Fact]
    public void Bad_input_is_named()
    {
        using var scope = NewDisposeScope();
        var eye = torch.eye(3);
        Assert.Contains(
            "label 3",
            Assert.Throws<ArgumentException>(() => ZeroShot.Evaluate(eye, eye, [0, 1, 3])).Message
        );
        Assert.Contains(
            "2 labels",
            Assert.Throws<ArgumentException>(() => ZeroShot.Evaluate(eye, eye, [0, 1])).Message
        );
        Assert.Throws<NotFiniteNumberException>(() => ZeroShot.Evaluate(eye / 0, eye, [0, 1, 2]));
        Assert.Throws<ArgumentException>(() => ZeroShot.Evaluate(eye, torch.eye(4), [0, 1, 2]));
        Assert.Throws<ArgumentException>(() => ZeroShot.Classifier([], ["{}"], _ => eye));
        Assert.Throws<ArgumentException>(() => ZeroShot.Classifier(["a"], [], _ => eye));
        Assert.Contains(
            "a cat",
            Assert.Throws<ArgumentException>(() => ZeroShot.Classifier(["a"], ["a cat"], _ => eye)).Message
        );
    }
}
