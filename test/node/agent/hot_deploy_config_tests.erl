-module(hot_deploy_config_tests).
-include_lib("eunit/include/eunit.hrl").

%% A release directory with only what is resolved, and a VM that was booted from another version's.
resolve(Files) -> resolve([{"releases/2/" ++ Name, Text} || {Name, Text} <- Files], ["-config", "ROOT/releases/1/sys"], []).

%% Files below the root, words of the VM's command line and variables of its environment; ROOT stands for the root.
resolve(Files, Words, Variables) ->
    Root = filename:join("/tmp", "hot-deploy-config-" ++ os:getpid() ++ "-" ++ integer_to_list(erlang:unique_integer([positive]))),
    At = fun(Text) -> lists:flatten(string:replace(Text, "ROOT", Root, all)) end,
    [begin
         ok = filelib:ensure_dir(filename:join(Root, Name)),
         ok = file:write_file(filename:join(Root, Name), case Text of {bytes, Bytes} -> Bytes; _ -> unicode:characters_to_binary(Text) end)
     end || {Name, Text} <- Files],
    Vm = open_port({spawn_executable, "/bin/sh"}, [{args, ["-c", "echo; read -r end", "beam.smp", "-K", "true", "--" | [At(Word) || Word <- Words]]},
                                                   {env, [{Name, At(Value)} || {Name, Value} <- Variables]}]),
    {os_pid, Pid} = erlang:port_info(Vm, os_pid),
    receive {Vm, {data, _}} -> ok end,
    Request = #{root => Root, version => "2", pid => integer_to_list(Pid), applications => [{kernel, "1"}, {sasl, "1"}]},
    try hot_deploy_config:resolve(Request)
    after
        port_close(Vm),
        file:del_dir_r(Root)
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

of_other_files(Files, Words, Variables) ->
    #{environment := Environment} = resolve(Files, Words, Variables),
    proplists:get_value(hd_key, proplists:get_value(kernel, Environment)).

key(Value) -> io_lib:format("[{kernel, [{hd_key, ~tp}]}].", [Value]).

what_the_command_line_names_outside_of_a_version_is_read_there_test() ->
    Files = [{"releases/2/sys.config", key(image)}, {"sys.config", key(mounted)}],
    ?assertEqual(mounted, of_other_files(Files, ["-config", "ROOT/sys.config"], [])).

a_later_file_wins_key_by_key_test() ->
    Files = [{"releases/2/sys.config", "[{kernel, [{hd_key, first}, {hd_other, 1}]}]."}, {"more.config", key(later)}],
    #{environment := Environment} = resolve(Files, ["-config", "ROOT/releases/1/sys", "-config", "ROOT/more"], []),
    ?assertEqual([{hd_key, later}, {hd_other, 1}], proplists:get_value(kernel, Environment)).

a_setting_among_the_arguments_wins_over_all_files_test() ->
    Words = ["-kernel", "hd_key", "{argued,1}", "-config", "ROOT/releases/1/sys", "--", "-extra", "-kernel", "hd_key", "no"],
    ?assertEqual({argued, 1}, of_other_files([{"releases/2/sys.config", key(image)}], Words, [])).

the_copy_that_a_provider_writes_to_is_that_of_the_version_test() ->
    Files = [{"releases/2/sys.config", key(new)}, {"tmp/app-1-20990101-ab.runtime.config", key(old)}],
    Copy = "ROOT/tmp/app-1-20990101-ab.runtime",
    ?assertEqual(new, of_other_files(Files, ["-config", Copy], [{"RELEASE_SYS_CONFIG", Copy}])).

what_relx_rendered_elsewhere_is_rendered_anew_test() ->
    Files = [{"releases/2/sys.config.src", key("${HD_OUT}")}, {"out/sys.config", key("old")}],
    Variables = [{"RELX_OUT_FILE_PATH", "ROOT/out"}, {"HD_OUT", "new"}],
    ?assertEqual("new", of_other_files(Files, ["-config", "ROOT/out/sys.config"], Variables)).

what_relx_renders_without_a_template_is_its_original_test() ->
    Files = [{"sys.config.orig", key("${HD_ORIGINAL}")}, {"sys.config", key("old")}],
    Variables = [{"RELX_REPLACE_OS_VARS", "true"}, {"HD_ORIGINAL", "new"}],
    ?assertEqual("new", of_other_files(Files, ["-config", "ROOT/sys.config"], Variables)).

without_a_file_nothing_is_configured_test() ->
    #{environment := Environment} = resolve([{"releases/2/sys.config", key(image)}], [], []),
    ?assertEqual([], proplists:get_value(kernel, Environment)).

only_sys_config_names_further_files_test() ->
    Files = [{"releases/2/sys.config", "[\"more\"]."}, {"releases/2/more.config", key(included)}],
    ?assertEqual(included, of_other_files(Files, ["-config", "ROOT/releases/1/sys"], [])).

variables_arrive_as_they_are_whatever_the_locale_test() ->
    %% Without a locale a VM takes each byte for a character, and os:putenv/2 no other.
    Value = unicode:characters_to_list(<<16#e9/utf8, 16#4e2d/utf8>>, file:native_name_encoding()),
    _ = of_other_files([], [], [{"HD_ACCENT", Value}]),
    ?assertEqual(Value, os:getenv("HD_ACCENT")).

%% Its copy says what the release before it had.
what_distillery_copied_is_that_of_the_version_test() ->
    Copy = {"var/sys.config", key("old")},
    Words = ["-config", "ROOT/var/sys.config"],
    Variables = [{"RELEASE_MUTABLE_DIR", "ROOT/var"}, {"REPLACE_OS_VARS", "true"}, {"HD_COPIED", "new"}],
    Files = [Copy, {"releases/2/sys.config", key("${HD_COPIED}")}],
    ?assertEqual("${HD_COPIED}", of_other_files(Files, Words, [{"RELEASE_MUTABLE_DIR", "ROOT/var"}])),
    ?assertEqual("new", of_other_files(Files, Words, Variables)),
    ?assertEqual(mounted, of_other_files([{"sys.config", key(mounted)} | Files], Words, Variables)).

where_distillery_copies_nothing_the_file_itself_counts_test() ->
    Files = [{"releases/2/sys.config", key(new)}],
    ?assertEqual(new, of_other_files(Files, ["-config", "ROOT/releases/1/sys.config"], [{"RELEASE_MUTABLE_DIR", "ROOT/var"}])).

what_distillerys_providers_say_is_configured_test() ->
    Call = fun(Providers) -> {apply, {'Elixir.Distillery.Releases.Config.Provider', init, [Providers]}} end,
    Forms = [{attribute, 1, module, hd_provider}, {attribute, 1, export, [{init, 1}]},
             {function, 1, init, 1, [{clause, 1, [{var, 1, 'Values'}], [], [{call, 1, {remote, 1, {atom, 1, application}, {atom, 1, set_env}}, [{var, 1, 'Values'}]}]}]}],
    {ok, hd_provider, Beam} = compile:forms(Forms),
    {module, hd_provider} = code:load_binary(hd_provider, "hd_provider", Beam),
    ok = application:load({application, elixir, [{vsn, "1"}, {modules, []}, {registered, []}, {applications, [kernel, stdlib]}]}),
    Boot = fun(Providers) -> binary_to_list(term_to_binary({script, {"app", "2"}, [{progress, preloaded}, Call(Providers)]})) end,
    Resolved = fun(Providers) ->
        Files = [{"releases/2/sys.config", key(image)}, {"releases/2/config.boot", {bytes, Boot(Providers)}}],
        #{environment := Environment} = resolve(Files, ["-config", "ROOT/var/sys.config"], [{"RELEASE_MUTABLE_DIR", "ROOT/var"}]),
        {proplists:get_value(hd_key, proplists:get_value(kernel, Environment)), proplists:get_value(hd_provided, proplists:get_value(sasl, Environment))}
    end,
    try
        ?assertEqual({image, undefined}, Resolved([])),
        ?assertEqual({provided, 1}, Resolved([{hd_provider, [{kernel, [{hd_key, provided}]}, {sasl, [{hd_provided, 1}]}]}]))
    after
        application:stop(elixir),
        application:unload(elixir)
    end.
