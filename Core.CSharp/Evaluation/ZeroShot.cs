using TorchSharp;
using static TorchSharp.torch;

namespace Research.Evaluation;

/// <summary>Accuracy of a zero-shot classifier, fractions in [0, 1].</summary>
/// <param name="Top1">Share of the images whose own class scores highest.</param>
/// <param name="Top5">Share of the images whose own class is among the 5 highest.</param>
/// <param name="MeanPerClass">Mean over the classes that have images of their own top-1 accuracy: every class counts alike.</param>
/// <param name="Images">Number of images.</param>
/// <param name="Classes">Number of classes that the classifier chooses from.</param>
public sealed record ZeroShotResult(double Top1, double Top5, double MeanPerClass, int Images, int Classes);

/// <summary>
/// Zero-shot classification: the classes' names, set into prompts and embedded, are the classifier. A tie between the right class and a
/// wrong one counts against the image.
/// </summary>
public static class ZeroShot
{
    const int TileRows = 1024;

    /// <summary>
    /// The classifier, C x d: for each class the mean of its prompts' embeddings, every one normalised before, the mean normalised after.
    /// </summary>
    /// <param name="classes">The classes' names.</param>
    /// <param name="templates">Prompts in which "{}" stands for the name, e.g. "a drawing of a {}".</param>
    /// <param name="encode">Embeds n texts as an n x d matrix; called once, with the prompts of the first class first.</param>
    /// <exception cref="ArgumentException">No class, no template, a template without "{}", or an embedding that is not finite.</exception>
    public static Tensor Classifier(
        IReadOnlyList<string> classes,
        IReadOnlyList<string> templates,
        Func<IReadOnlyList<string>, Tensor> encode
    )
    {
        if (classes.Count == 0)
            throw new ArgumentException("A classifier needs at least one class.", nameof(classes));
        if (templates.Count == 0)
            throw new ArgumentException(
                "A classifier needs at least one prompt template; \"{}\" is the plain name.",
                nameof(templates)
            );
        if (templates.FirstOrDefault(t => !t.Contains("{}")) is { } bare)
            throw new ArgumentException(
                $"The template \"{bare}\" has no \"{{}}\" for the class's name.",
                nameof(templates)
            );
        string[] prompts = [.. classes.SelectMany(name => templates.Select(t => t.Replace("{}", name)))];
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var embedded = encode(prompts);
        Embeddings.Check(embedded, "prompt");
        if (embedded.shape[0] != prompts.Length)
            throw new ArgumentException(
                $"{prompts.Length} prompts gave {embedded.shape[0]} embeddings.",
                nameof(encode)
            );
        var perClass = Normalise(embedded).reshape(classes.Count, templates.Count, -1).mean([1L]);
        return Normalise(perClass).MoveToOuterDisposeScope();
    }

    /// <summary>Scores every image with every class.</summary>
    /// <param name="image">N x d image embeddings, unit rows.</param>
    /// <param name="classifier">C x d, from <see cref="Classifier"/>.</param>
    /// <param name="labels">N class numbers in [0, C).</param>
    /// <exception cref="ArgumentException">Shapes do not fit, a label names no class, or an embedding is not finite.</exception>
    public static ZeroShotResult Evaluate(Tensor image, Tensor classifier, IReadOnlyList<int> labels)
    {
        Embeddings.Check(image, "image");
        Embeddings.Check(classifier, "class");
        Embeddings.CheckSameWidth(image, "image", classifier, "class");
        var classes = (int)classifier.shape[0];
        if (labels.Count != image.shape[0])
            throw new ArgumentException($"{image.shape[0]} images but {labels.Count} labels.", nameof(labels));
        for (var i = 0; i < labels.Count; i++)
            if (labels[i] < 0 || labels[i] >= classes)
                throw new ArgumentException(
                    $"Image {i} has label {labels[i]}; the classifier's classes are 0 to {classes - 1}.",
                    nameof(labels)
                );

        var ranks = Ranks(image, classifier, labels);
        var (seen, right) = (new int[classes], new int[classes]);
        for (var i = 0; i < ranks.Length; i++)
        {
            seen[labels[i]]++;
            if (ranks[i] == 1)
                right[labels[i]]++;
        }
        var perClass = Enumerable.Range(0, classes).Where(c => seen[c] > 0).Average(c => right[c] / (double)seen[c]);
        return new(
            right.Sum() / (double)ranks.Length,
            ranks.Count(r => r <= 5) / (double)ranks.Length,
            perClass,
            ranks.Length,
            classes
        );
    }

    /// <summary>The rank of each image's own class, 1 at best.</summary>
    static long[] Ranks(Tensor image, Tensor classifier, IReadOnlyList<int> labels)
    {
        using var none = no_grad();
        using var all = NewDisposeScope();
        var transposed = classifier.to(ScalarType.Float32).t();
        var ranks = new long[labels.Count];
        for (var start = 0; start < ranks.Length; start += TileRows)
        {
            using var scope = NewDisposeScope();
            var rows = Math.Min(TileRows, ranks.Length - start);
            var scores = image.narrow(0, start, rows).to(ScalarType.Float32).mm(transposed);
            var tile = labels.Skip(start).Take(rows).Select(l => (long)l).ToArray();
            var own = scores.gather(1, torch.tensor(tile, device: image.device).unsqueeze(1));
            // the own class is among those that score at least as high, so the count is the rank
            var rank = scores.ge(own).sum(1);
            rank.to(ScalarType.Int64).cpu().data<long>().ToArray().CopyTo(ranks, start);
        }
        return ranks;
    }

    static Tensor Normalise(Tensor x) => nn.functional.normalize(x.to(ScalarType.Float32), 2, -1);
}
