-module(hot_deploy_environment_tests).
-include_lib("eunit/include/eunit.hrl").

-define(SALT, <<"salt">>).

%% As if `Old` had been configured at the boot, and `Now` were what stands there.
expected(Old, Now, New) ->
    application:load(sasl),
    [application:unset_env(sasl, Key) || {Key, _} <- application:get_all_env(sasl)],
    [application:set_env(sasl, Key, Value) || {Key, Value} <- Now],
    Baseline = [{sasl, Key, hot_deploy_term:fingerprint(Value, ?SALT)} || {Key, Value} <- Old],
    Config = #{environment => [{sasl, lists:sort(New)}], rendered => none},
    [{sasl, Values}] = hot_deploy_environment:expected(Config, #{baseline => Baseline, salt => ?SALT}),
    Values.

configuration_that_changes_is_taken_test() ->
    ?assertEqual([{a, 2}], expected([{a, 1}], [{a, 1}], [{a, 2}])).

configuration_that_goes_is_gone_test() ->
    ?assertEqual([], expected([{a, 1}], [{a, 1}], [])).

what_the_application_has_set_itself_stays_test() ->
    ?assertEqual([{a, 1}, {set, self()}], expected([{a, 1}], [{a, 1}, {set, self()}], [{a, 1}])),
    ?assertEqual([{a, 9}], expected([{a, 1}], [{a, 9}], [{a, 1}])).

configuration_wins_where_both_changed_test() ->
    ?assertEqual([{a, 2}], expected([{a, 1}], [{a, 9}], [{a, 2}])).

a_difference_is_told_by_its_key_and_never_by_its_value_test() ->
    expected([], [{a, 1}, {extra, "secret"}], []),
    Compared = hot_deploy_environment:compare([{sasl, [{a, 2}, {b, 3}]}]),
    ?assertEqual(#{matching => 0, differing => [<<"sasl:a">>, <<"sasl:b">>, <<"sasl:extra">>]}, Compared).

%% What is said of a release that configures `New` where `Old` was booted with.
kept(Old, New) ->
    Baseline = [{Application, Key, hot_deploy_term:fingerprint(Value, ?SALT)} || {Application, Values} <- Old, {Key, Value} <- Values],
    try hot_deploy_environment:refuse_kept(#{environment => New, rendered => none}, #{baseline => Baseline, salt => ?SALT})
    catch throw:{refused, setting_kept, Names} -> Names
    end.

what_only_a_start_reads_is_refused_by_its_key_test() ->
    Old = [{kernel, [{logger_level, info}]}, {logger, [{level, info}]}, {sasl, [{gone, 1}]}],
    ?assertEqual(ok, kept(Old, Old)),
    ?assertEqual(<<"kernel:logger_level">>, kept(Old, lists:keyreplace(kernel, 1, Old, {kernel, [{logger_level, debug}]}))),
    ?assertEqual(<<"kernel:logger_level logger:more sasl:gone">>, kept(Old, [{logger, [{level, info}, {more, "secret"}]}])).

settings_of_others_and_notes_of_elixir_are_not_refused_test() ->
    ?assertEqual(ok, kept([{shop, [{a, 1}]}, {elixir, [{config_provider_init, 1}]}], [{shop, [{a, 2}]}, {elixir, [{config_provider_init, 2}]}])).
