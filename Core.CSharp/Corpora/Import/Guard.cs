namespace Research.Corpora.Import;

/// <summary>Reading that ends at a fault of the file as a whole, with what came before.</summary>
static class Guard
{
    /// <summary>The items up to the fault, which is told to the log.</summary>
    public static IEnumerable<T> Until<T>(IEnumerable<T> items, string place, SkipLog log)
    {
        using var each = items.GetEnumerator();
        while (true)
        {
            try
            {
                if (!each.MoveNext())
                    break;
            }
            catch (UnpackedTooLargeException error)
            {
                log.Add(place, PairFault.TooLarge, error.Message);
                break;
            }
            catch (Exception error)
                when (error
                        is InvalidDataException
                            or EndOfStreamException
                            or IOException
                            or UnauthorizedAccessException
                )
            {
                log.Add(place, PairFault.TruncatedArchive, error.Message);
                break;
            }
            yield return each.Current;
        }
    }
}
