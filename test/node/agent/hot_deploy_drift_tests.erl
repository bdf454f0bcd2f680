-module(hot_deploy_drift_tests).
-include_lib("eunit/include/eunit.hrl").

loaded(Module) ->
    {ok, Module, Beam} = compile:forms([{attribute, 1, module, Module}]),
    {module, Module} = code:load_binary(Module, "by hand", Beam).

a_module_without_a_file_is_foreign_and_one_with_a_file_is_not_test() ->
    ?assertNot(lists:member(?MODULE, hot_deploy_drift:foreign())),
    loaded(hd_foreign),
    try
        ?assertEqual([hd_foreign], [Module || Module <- hot_deploy_drift:foreign(), Module =:= hd_foreign])
    after
        code:purge(hd_foreign),
        code:delete(hd_foreign)
    end,
    ?assertNot(lists:member(hd_foreign, hot_deploy_drift:foreign())).

the_agent_itself_is_not_told_test() ->
    loaded(hot_deploy_made_up),
    try ?assertNot(lists:member(hot_deploy_made_up, hot_deploy_drift:foreign()))
    after
        code:purge(hot_deploy_made_up),
        code:delete(hot_deploy_made_up)
    end.

a_suspended_process_is_told_until_it_is_resumed_test() ->
    {ok, Pid} = gen_event:start({local, hd_suspended}),
    Told = fun() -> [Name || #{name := Name} <- hot_deploy_drift:suspended()] end,
    ?assertEqual([], Told()),
    sys:suspend(Pid),
    ?assertEqual([hd_suspended], Told()),
    sys:resume(Pid),
    ?assertEqual([], Told()),
    gen_event:stop(Pid).

a_value_is_told_by_its_fingerprint_and_a_key_that_is_no_atom_as_it_is_printed_test() ->
    application:load(sasl),
    application:set_env(sasl, hd_key, "secret"),
    Print = hot_deploy_term:fingerprint("secret", <<"salt">>),
    ?assertEqual([[sasl, hd_key, Print]], [Entry || [sasl, hd_key, _] = Entry <- hot_deploy_drift:environment(<<"salt">>)]),
    application:unset_env(sasl, hd_key).

what_lies_on_disk_is_told_beside_what_runs_test() ->
    #{files := [#{module := ?MODULE, digest := Digest, changedAt := At}, Missing], bootedAt := BootedAt} =
        hot_deploy_drift:read(#{salt => <<"salt">>, modules => [?MODULE, hd_missing]}),
    ?assertEqual(hot_deploy_node:loaded_digest(?MODULE), Digest),
    ?assert(is_integer(At)),
    ?assertEqual(#{module => hd_missing, digest => null, changedAt => null}, Missing),
    ?assert(BootedAt =< erlang:system_time(millisecond)).

a_process_in_old_code_is_told_with_its_module_test() ->
    {ok, hd_old, Beam} = compile:forms([
        {attribute, 1, module, hd_old},
        {attribute, 1, export, [{f, 0}]},
        {function, 1, f, 0, [{clause, 1, [], [], [{'receive', 1, [{clause, 1, [{atom, 1, go}], [], [{atom, 1, ok}]}]}]}]}
    ]),
    {module, hd_old} = code:load_binary(hd_old, "by hand", Beam),
    Pid = spawn(hd_old, f, []),
    loaded(hd_old),
    #{oldCode := Notes} = hot_deploy_drift:read(#{salt => <<"salt">>, modules => []}),
    ?assertMatch([#{modules := [hd_old]}], [Note || #{pid := At} = Note <- Notes, At =:= list_to_binary(pid_to_list(Pid))]),
    Pid ! go,
    code:purge(hd_old),
    code:delete(hd_old),
    code:purge(hd_old).
