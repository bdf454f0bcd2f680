-module(hot_deploy_release_tests).
-include_lib("eunit/include/eunit.hrl").

%% What is said of modules with this source, one text for each, and of two specifications with these keys.
said(Sources, {Old, New}) ->
    Root = string:trim(os:cmd("mktemp -d")),
    [compiled(Root, Source) || Source <- Sources],
    Files = [begin
                 File = filename:join(Root, Name),
                 ok = file:write_file(File, io_lib:format("~p.~n", [{application, shop, Keys}])),
                 File
             end || {Name, Keys} <- [{"old.app", Old}, {"new.app", New}]],
    try
        hot_deploy_release:modules(#{old => [], new => [Root], loads => [],
                                     specifications => [list_to_tuple(Files)]})
    after
        file:del_dir_r(Root)
    end.

compiled(Root, Source) ->
    {ok, Tokens, _} = erl_scan:string(Source),
    {Forms, []} = lists:foldl(
        fun({dot, _} = Dot, {Done, Form}) -> {ok, Parsed} = erl_parse:parse_form(lists:reverse([Dot | Form])), {[Parsed | Done], []};
           (Token, {Done, Form}) -> {Done, [Token | Form]}
        end, {[], []}, Tokens),
    {ok, Module, Beam} = compile:forms(lists:reverse(Forms)),
    ok = file:write_file(filename:join(Root, lists:concat([Module, ".beam"])), Beam).

mode(Source) ->
    #{new := [[#{callbackMode := Mode}]]} = said([Source], {[], []}),
    Mode.

a_state_machine_tells_how_it_is_called_and_nothing_is_left_loaded_test_() ->
    Door = "-module(hot_deploy_door). -export([callback_mode/0]). callback_mode() -> ",
    {timeout, 60, fun() ->
        ?assertEqual(<<"[state_functions]">>, mode(Door ++ "state_functions.")),
        ?assertEqual(<<"[handle_event_function,state_enter]">>, mode(Door ++ "[state_enter, handle_event_function].")),
        ?assertEqual(null, mode(Door ++ "timer:sleep(60000).")),
        ?assertEqual(null, mode("-module(hot_deploy_door). -export([x/0]). x() -> ok.")),
        ?assertEqual(false, code:is_loaded(hot_deploy_door))
    end}.

what_of_a_specification_is_read_only_at_the_start_is_told_test() ->
    Keys = [{vsn, "1"}, {modules, [a]}, {env, [{a, 1}]}, {registered, [a]}, {mod, {shop, []}}],
    Started = fun(New) -> #{started := [Said]} = said([], {Keys, New}), Said end,
    ?assertEqual([], Started([{vsn, "2"}, {modules, [b]}, {registered, []}, {mod, {shop, []}}])),
    ?assertEqual([mod], Started([{mod, {shop, [more]}}])),
    ?assertEqual([start_phases, included_applications],
                 Started([{mod, {shop, []}}, {start_phases, [{go, []}]}, {included_applications, [cart]}])).

%% A release of applications, each with its modules, those that its specification lists, and what else lies in its ebin.
released(Applications) ->
    Root = string:trim(os:cmd("mktemp -d")),
    Release = filename:join([Root, "releases", "1"]),
    ok = filelib:ensure_path(Release),
    ok = file:write_file(filename:join([Root, "releases", "start_erl.data"]), "13.1.5 1"),
    term(filename:join(Release, "shop.rel"), {release, {"shop", "1"}, {erts, "13.1.5"}, [{Name, "1"} || {Name, _, _, _} <- Applications]}),
    Script = {script, {"shop", "1"}, [{path, ["$ROOT/lib/kernel-1/ebin"]}, {path, [lists:concat(["$ROOT/lib/", Name, "-1/ebin"]) || {Name, _, _, _} <- Applications]}]},
    ok = file:write_file(filename:join(Release, "start.boot"), term_to_binary(Script)),
    [begin
         Ebin = filename:join([Root, "lib", lists:concat([Name, "-1"]), "ebin"]),
         ok = filelib:ensure_path(Ebin),
         term(filename:join(Ebin, lists:concat([Name, ".app"])), {application, Name, [{vsn, "1"}, {modules, Listed}]}),
         [compiled(Ebin, lists:concat(["-module(", Module, "). -export([of_", Name, "/0]). of_", Name, "() -> ok."])) || Module <- Modules],
         [ok = file:write_file(filename:join(Ebin, File), "no code") || File <- Others]
     end || {Name, Modules, Listed, Others} <- Applications],
    try
        maps:from_list([{Name, [binary_to_list(Module) || Module <- lists:sort(maps:keys(Modules))]}
                        || #{name := Name, modules := Modules} <- maps:get(applications, hot_deploy_release:read(#{root => Root, version => "1"}))])
    after
        file:del_dir_r(Root)
    end.

term(File, Term) -> ok = file:write_file(File, io_lib:format("~p.~n", [Term])).

what_lies_in_ebin_is_an_applications_code_whatever_its_specification_lists_test() ->
    ?assertEqual(#{shop => ["shop", "till"]}, released([{shop, [shop, till], [shop], ["notes.beam", "logo.png"]}])).

what_its_specification_lists_has_to_be_code_test() ->
    ?assertThrow({refused, bad_beam, _}, released([{shop, [shop], [shop, till], ["till.beam"]}])).

an_image_that_was_made_of_a_container_after_a_hot_deploy_is_refused_test() ->
    Root = string:trim(os:cmd("mktemp -d")),
    Release = filename:join([Root, "releases", "1"]),
    ok = filelib:ensure_path(Release),
    ok = file:write_file(filename:join([Root, "releases", "start_erl.data"]), "13.1.5 1"),
    ok = file:write_file(filename:join(Release, "hot-deploy.rel"), ""),
    try
        ?assertThrow({refused, no_release, _}, hot_deploy_release:read(#{root => Root, version => "1"}))
    after
        file:del_dir_r(Root)
    end.

a_module_of_two_applications_is_that_of_the_first_on_the_code_path_test() ->
    ?assertEqual(#{shop => ["shop", "util"], cart => ["cart"]},
                 released([{shop, [shop, util], [shop], []}, {cart, [cart, util], [cart], []}])).

%% Of the installed runtime nothing is known before it is asked.
a_release_by_distillery_without_a_runtime_has_the_installed_one_test() ->
    Root = string:trim(os:cmd("mktemp -d")),
    Write = fun(Path, Content) ->
        File = filename:join(Root, Path),
        ok = filelib:ensure_dir(File),
        ok = file:write_file(File, Content)
    end,
    {ok, Protocol} = file:read_file(code:which(lists)),
    Write("releases/start_erl.data", "ERTS_VSN 1"),
    Write("releases/1/shop.rel", io_lib:format("~p.~n", [{release, {"shop", "1"}, {erts, "1"}, []}])),
    Write("releases/1/shop.boot", term_to_binary({script, {"shop", "1"}, []})),
    Write("releases/1/libexec/erts.sh", ""),
    Write("lib/shop-1/consolidated/lists.beam", Protocol),
    Erts = list_to_binary(erlang:system_info(version)),
    try
        ?assertMatch(#{name := <<"shop">>, erts := Erts, protocols := #{<<"lists">> := _}}, hot_deploy_release:read(#{root => Root, version => "1"}))
    after
        file:del_dir_r(Root)
    end.
