using System.Text;

namespace GossipCluster.Client.Tests;

public sealed class OperationTests
{
    [Fact]
    public void Operations_are_spelt_as_the_http_api_has_them()
    {
        Assert.Equal("""{"increment":-3}""", Json(Operation.Increment(-3)));
        Assert.Equal("""{"add_all":["milk","tea"]}""", Json(Operation.Add("milk", "tea")));
        Assert.Equal("""{"remove_all":["milk"],"context":"abc"}""", Json(Operation.Remove("milk"), "abc"));
        Assert.Equal("""{"add_all":["a"],"remove_all":["b"]}""", Json(Operation.Add("a").Remove("b")));
        Assert.Equal("""{"assign":"Ünï \"x\""}""", Json(Operation.Assign("Ünï \"x\"")));
        Assert.Equal("\"enable\"", Json(Operation.Enable));
    }

    [Fact]
    public void A_map_has_one_context_for_all_that_is_in_it()
    {
        var change = Operation.Map()
            .Counter("visits").Register("name", "Alice").Flag("seen", enabled: false)
            .Map("inner", Operation.Map().Set("tags", Operation.Add("new")))
            .RemoveField("old_counter");

        Assert.Equal(
            """{"remove":["old_counter"],"update":{"visits_counter":{"increment":1},"name_register":{"assign":"Alice"},"seen_flag":"disable","inner_map":{"update":{"tags_set":{"add_all":["new"]}}}},"context":"abc"}""",
            Json(change, "abc"));
    }

    private static string Json(Operation operation, string? context = null) => Encoding.UTF8.GetString(operation.ToJson(context));
}
