-module(hot_deploy_shelf_tests).
-include_lib("eunit/include/eunit.hrl").

leads("3") -> ["2"];
leads("2") -> ["1"];
leads("5") -> ["1"];
leads("loop") -> ["loop"];
leads(_) -> [].

%% As which_releases/0 tells: what was brought last stands first.
first_what_the_running_one_goes_back_to_then_what_was_brought_last_test() ->
    Releases = [{"5", permanent}, {"4", old}, {"3", old}, {"2", old}, {"1", old}],
    ?assertEqual(["1", "4", "3", "2"], hot_deploy_shelf:order("5", Releases, fun leads/1)),
    ?assertEqual(["2", "1", "5", "4"], hot_deploy_shelf:order("3",
        [{"5", old}, {"4", old}, {"3", permanent}, {"2", old}, {"1", old}], fun leads/1)).

what_runs_boots_or_never_ran_is_none_of_them_test() ->
    Releases = [{"6", unpacked}, {"5", permanent}, {"3", current}, {"1", old}],
    ?assertEqual(["1"], hot_deploy_shelf:order("3", Releases, fun leads/1)),
    ?assertEqual([], hot_deploy_shelf:order("loop", [{"loop", permanent}], fun leads/1)).

a_library_goes_only_where_nobody_else_has_it_and_its_name_is_one_test() ->
    ?assertEqual(["kv-1"], hot_deploy_shelf:superfluous(["kernel-8", "kv-1", "..", "", "../../etc"], ["kernel-8"])).
