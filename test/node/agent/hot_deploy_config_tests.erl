-module(hot_deploy_config_tests).
-include_lib("eunit/include/eunit.hrl").

%% A release directory with only what is resolved, and a VM's environment that points into another version.
resolve(Files) ->
    Root = filename:join("/tmp", "hot-deploy-config-" ++ os:getpid() ++ "-" ++ integer_to_list(erlang:unique_integer([positive]))),
    Directory = filename:join([Root, "releases", "2"]),
    ok = filelib:ensure_dir(filename:join(Directory, "x")),
    [ok = file:write_file(filename:join(Directory, Name), Text) || {Name, Text} <- Files],
    Request = #{root => Root, version => "2", pid => os:getpid(), applications => [{kernel, "1"}, {sasl, "1"}]},
    try hot_deploy_config:resolve(Request)
    after file:del_dir_r(Root)
    end.

sasl(#{environment := Environment}) -> proplists:get_value(sasl, Environment).

variables_are_filled_in_as_the_start_script_would_test() ->
    os:putenv("HD_SET", "from outside"),
    os:putenv("HD_EMPTY", ""),
    Template = "[{sasl, [{set, \"${HD_SET}\"}, {default, ${HD_UNSET:-7}}, {emptied, ${HD_EMPTY:-8}}, {none, \"<${HD_UNSET}>\"}]}].",
    Resolved = resolve([{"sys.config.src", Template}]),
    Values = sasl(Resolved),
    ?assertEqual("from outside", proplists:get_value(set, Values)),
    ?assertEqual(7, proplists:get_value(default, Values)),
    ?assertEqual(8, proplists:get_value(emptied, Values)),
    ?assertEqual("<>", proplists:get_value(none, Values)),
    ?assertMatch(#{rendered := <<"[{sasl,", _/binary>>}, Resolved).

a_value_that_looks_like_a_variable_is_not_filled_in_again_test() ->
    os:putenv("HD_NESTED", "${HD_SET}"),
    ?assertEqual("${HD_SET}", proplists:get_value(nested, sasl(resolve([{"sys.config.src", "[{sasl, [{nested, \"${HD_NESTED}\"}]}]."}])))).

a_further_file_that_sys_config_names_counts_and_wins_test() ->
    Files = [{"sys.config", "[{sasl, [{hd_key, 1}]}, \"more\"]."}, {"more.config", "[{sasl, [{hd_key, 2}]}]."}],
    Resolved = resolve(Files),
    ?assertEqual(2, proplists:get_value(hd_key, sasl(Resolved))),
    ?assertMatch(#{rendered := none}, Resolved).

of_kernel_only_what_is_configured_counts_test() ->
    #{environment := Environment} = resolve([{"sys.config", "[{kernel, [{hd_key, 3}]}]."}]),
    ?assertEqual([{hd_key, 3}], proplists:get_value(kernel, Environment)).
